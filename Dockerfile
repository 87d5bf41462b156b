# By default the server without the embedded PostgreSQL: production has one of its own. `--target testing` is for tests: with
# a PostgreSQL inside, the demo account and test controls. Needs BuildKit.

FROM rust:1.95-slim-bookworm AS source
WORKDIR /build
COPY . .

# The caches are not part of the layer, so the program is copied out of them in the same step.
FROM source AS build
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,id=target-production,target=/build/target \
    cargo build --release --locked --no-default-features \
    && cp target/release/yuno-sessions /usr/local/bin/

FROM source AS build-testing
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,id=target-testing,target=/build/target \
    cargo build --release --locked \
    && cp target/release/yuno-sessions /usr/local/bin/

FROM debian:bookworm-slim AS runtime
LABEL org.opencontainers.image.title="yuno-sessions" \
      org.opencontainers.image.description="An open server for the sessions API of the Yuno payment orchestrator" \
      org.opencontainers.image.licenses="Apache-2.0"

# The certificates are for databases that are verified with those of the system. The number of the user is fixed,
# because clusters check by it that a container does not run as root.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin yuno-sessions

# In bash, so that no HTTP client has to be installed.
COPY --chmod=755 <<'SCRIPT' /usr/local/bin/ready
#!/bin/bash
# Succeeds when the server can serve; over TLS, which bash does not speak, when it takes connections.
set -e
exec 3<>"/dev/tcp/127.0.0.1/${LISTEN##*:}"
[[ -z ${TLS_CERT-} ]] || exit 0
printf 'GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r -t 4 _ status _ <&3
[[ $status == 200 ]]
SCRIPT

USER 10001:10001
ENV LISTEN=0.0.0.0:7070 \
    LOG_FORMAT=json
EXPOSE 7070
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["ready"]
ENTRYPOINT ["yuno-sessions"]

FROM runtime AS testing
COPY --from=build-testing /usr/local/bin/yuno-sessions /usr/local/bin/
# The embedded PostgreSQL is unpacked in the cache of the home, and the user has no home of its own.
ENV EPHEMERAL=true \
    HOME=/tmp

FROM runtime
COPY --from=build /usr/local/bin/yuno-sessions /usr/local/bin/
