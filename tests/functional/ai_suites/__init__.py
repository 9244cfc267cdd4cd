"""What every store of the AI half has to do. A test file inherits a suite and says which implementations there are."""
