"""What two or more of the functions share: contracts, platforms, rules, tables, tokens, errors."""
