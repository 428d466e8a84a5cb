"""What a user writes: files read with places, resolved to a frozen scenario, and checked."""
