"""How publications measure: one file each, so that ours can stand beside theirs."""
