"""Many files, in this process or in several; workers are pure functions path -> Outcome.

Only the coordinator hears of results, in the order they come; whoever needs
an order that does not depend on the number of workers sorts afterwards. A
worker that dies takes its one scan with it: the scan is tried again, and after
three deaths it gets an outcome of its own.
"""

from .measure_all import measure_all
from .stop import Stop, stop_on_signal
from .tasks import FILES_WORTH_A_WORKER, MAX_DEATHS, Source, Task, TaskList, choose_n_workers

__all__ = [
    "FILES_WORTH_A_WORKER",
    "MAX_DEATHS",
    "Source",
    "Stop",
    "Task",
    "TaskList",
    "choose_n_workers",
    "measure_all",
    "stop_on_signal",
]
