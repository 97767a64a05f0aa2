"""ONEX (OmniNode): body shapes of two generations, dead letters inside dead letters, and two ids of one event."""
