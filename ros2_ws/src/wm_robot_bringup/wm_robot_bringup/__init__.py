"""How the nodes of wm_robot are started, and in which order they come to life."""
