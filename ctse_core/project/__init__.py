"""The disk: every product of an analysis under a fingerprint of its inputs, known vectors, and jobs."""

from ctse_core.home import cache_home, projects_home
from ctse_core.project.fingerprint import file_digest, fingerprint
from ctse_core.project.folder import Parts, Project, list_projects
from ctse_core.project.jobs import Job, JobState, read_job, write_job
from ctse_core.project.known_vectors import DiskVectors

__all__ = [
    "DiskVectors",
    "Job",
    "JobState",
    "Parts",
    "Project",
    "cache_home",
    "file_digest",
    "fingerprint",
    "list_projects",
    "projects_home",
    "read_job",
    "write_job",
]
