"""The shipped policies; the folder is read as package data by `amends.application.policies`."""
