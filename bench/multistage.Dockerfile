# As in the guide "Using uv in Docker", with all of its advice on size and speed:
# https://docs.astral.sh/uv/guides/integration/docker/ (Caching, Compiling bytecode, Intermediate
# layers, Non-editable installs).
ARG UV_IMAGE
ARG PYTHON_IMAGE

FROM ${UV_IMAGE} AS build
ENV UV_CACHE_DIR=/cache UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_DEV=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /app
RUN --mount=type=cache,target=/cache \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    uv sync --locked --no-install-project
COPY . .
RUN --mount=type=cache,target=/cache \
    uv sync --locked --no-editable

FROM ${PYTHON_IMAGE}
COPY --from=build --chown=10001:10001 /app/.venv /app/.venv
ENV PATH=/app/.venv/bin:$PATH
USER 10001:10001
CMD ["bench-app"]
