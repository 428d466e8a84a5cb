"""From lives to euros: price book, discounting and valuation of counted months, events and hours."""
