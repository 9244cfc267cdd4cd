"""What the functions of the AI half share: forms, rules, tasks of people, results."""
