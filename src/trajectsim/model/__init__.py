"""People and their surface: synthetic cohorts, columns, and the views and model that Mesa knows."""
