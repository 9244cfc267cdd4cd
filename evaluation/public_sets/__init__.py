"""Public sets of problems with rules, as golden forms: RuleArena and GoldCoin, read from a folder that holds them."""
