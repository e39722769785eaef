"""`amends` and `python -m amends`."""

from amends.cli import app


def main() -> None:
    app()


if __name__ == "__main__":
    main()
