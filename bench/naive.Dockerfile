# What a first attempt looks like: one stage, everything copied, everything installed.
ARG UV_IMAGE
FROM ${UV_IMAGE}
WORKDIR /app
COPY . .
RUN uv sync
ENV PATH=/app/.venv/bin:$PATH
CMD ["bench-app"]
