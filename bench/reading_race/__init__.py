"""Reading Race (Gichoya et al., Lancet Digital Health 2022) on any cohort: its experiments, and one report of them."""
