"""What the dashboard makes of counts: pure, nothing here asks or draws."""
