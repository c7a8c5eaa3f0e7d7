"""The suite on other machines: each row of a table is a fresh Debian on which `make check` runs.

    make matrix
    make matrix ARGS="--list"
    make matrix ARGS="--only docker user --tests '-k sbom'"

A row has its own Debian, Python, engine, user and home folder. Its root file system is made once and
copied for each run; it is entered in mount and PID namespaces, and with an engine also in a network
namespace, so nothing of it stays on this machine. It needs what the throwaway engine needs: root on
Debian, and about 600 MB in the user's cache for each kind of root.

The rows share one cache of uv for each user, so that only the first one downloads (`--cold`: none does).
"""
