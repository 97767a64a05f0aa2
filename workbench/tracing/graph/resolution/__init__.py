"""From declared causes to edges: what each one names, which rank is used, and why the others do not resolve."""
