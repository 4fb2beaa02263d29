from importlib.util import find_spec

# Without the libraries of the extra ``study`` there is nothing to test here.
collect_ignore_glob = [] if find_spec("pandas") and find_spec("pyarrow") else ["test_*.py"]
