"""Which pixels belong to the organ under study."""
