"""One module for each table. Nothing outside knows how an item looks."""
