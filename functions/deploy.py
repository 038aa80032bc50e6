"""Deploy what the catalogue lists: `python functions/deploy.py plan --project PROJECT --region REGION`.

`plan` prints all of it as one bash script and asks no cloud; `run` does the same, and says of each step what
came of it; `undeploy-plan` prints the script that takes it away again.
"""

import argparse
import importlib.util
import sys
from pathlib import Path

if importlib.util.find_spec("functions") is None:
    # Run as a program, this file's folder is on the path, and not the project's.
    sys.path.append(str(Path(__file__).resolve().parent.parent))

from functions.catalog import FUNCTIONS
from functions.deployment.place import Place
from functions.deployment.plan import plan
from functions.deployment.removal import removal
from functions.deployment.steps import Group, StepFailed, as_script, run
from functions.stage import ROOT
from shared.errors import Misconfigured


def main(arguments: list[str]) -> int:
    """Do what the command line says, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="functions/deploy.py", description="Deploy the catalogue's functions."
    )
    parser.add_argument("what", choices=["plan", "run", "undeploy-plan"])
    parser.add_argument("--project", default="", help="the id of the Google Cloud project")
    parser.add_argument("--region", default="", help="the region of the functions and of Firestore")
    parser.add_argument("--app-url", default="", help="the web app's address, if it is not the project's own")
    parser.add_argument("--allowed-origins", default="", help="whose pages may call the API beside its own")
    parser.add_argument("--staged", default="build/deploy", type=Path, help="what functions/stage.py filled")
    given = parser.parse_args(arguments)
    try:
        place = Place(given.project, given.region, given.app_url, given.allowed_origins)
        match given.what:
            case "plan":
                print(deploy_script(place, given.staged), end="")
            case "undeploy-plan":
                print(undeploy_script(place), end="")
            case _:
                deploy(place, given.staged)
    except Misconfigured as error:
        print(error, file=sys.stderr)
        return 2
    except (StepFailed, KeyboardInterrupt) as error:
        again = f"make deploy PROJECT={given.project} REGION={given.region}"
        again += f" APP_URL={given.app_url}" if given.app_url else ""
        again += f' ALLOWED_ORIGINS="{given.allowed_origins}"' if given.allowed_origins else ""
        problem = str(error) or "Stopped."
        print(f"\n\n{problem}\n\nWhat was done stays. To go on from here:\n\n    {again}", file=sys.stderr)
        return 1
    return 0


def deploy_script(place: Place, staged: Path) -> str:
    """The whole deployment as a bash script.

    Raises:
        Misconfigured: nothing is staged.
    """
    introduction = (
        f"Deploys everything to the project {place.project}, region {place.region}, as 'make deploy' does."
        " Run it in the project's folder, after 'make setup' and 'make stage'.\n"
        "Each thing is looked up first, and made or changed only if it is not there or differs; so where a"
        " command failed, run this again once the reason is gone."
    )
    return as_script(_plan(place, staged), introduction)


def undeploy_script(place: Place) -> str:
    """What takes the deployment away again, as a bash script."""
    introduction = (
        f"Takes away what 'make deploy' made in the project {place.project}, region {place.region}."
        " Firestore's data, the users and the secrets stay. Run it in the project's folder, after 'make"
        " setup'. It can be run again."
    )
    return as_script(removal(place, FUNCTIONS), introduction)


def deploy(place: Place, staged: Path) -> None:
    """Run the deployment.

    Raises:
        Misconfigured: nothing is staged.
        StepFailed: a command failed, or a secret has no value yet.
    """
    groups = _plan(place, staged)

    def say(text: str) -> None:
        print(text, end="", flush=True)

    say(f"Deploying to {place.project}, {place.region}. A function that changed takes a minute or two.\n")
    run(groups, folder=ROOT, say=say)
    say(f"\nDeployed. Apps call https://{place.project}.web.app\n")


def _plan(place: Place, staged: Path) -> list[Group]:
    if not (ROOT / staged / "main.py").is_file():
        raise Misconfigured(f"Nothing is staged in {staged}: run 'make stage' first.")
    return plan(place, FUNCTIONS, staged)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
