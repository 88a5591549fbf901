"""What posts mean to responders: what is needed, how urgent, where, since when."""
