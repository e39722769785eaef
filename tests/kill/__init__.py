"""The process killed outright under load: nothing lost, nothing paid twice."""
