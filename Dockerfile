# Hookflow as an image: the program with its pages in it, for a user who may do nothing else. docs/guides/deploy.md
#
#   docker build -t hookflow .
#   docker run -d --name hookflow -p 13000:13000 -v hookflow-data:/var/lib/hookflow --stop-timeout 45 hookflow

# The pages.
FROM node:20-bookworm-slim AS web
WORKDIR /src
COPY web/package.json web/package-lock.json web/
RUN npm ci --prefix web --no-audit --no-fund --loglevel=error
COPY web/ web/
RUN npm run build --prefix web --silent

# The program. On the same Debian as the last stage, for its C library.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
COPY --from=web /src/web/dist/ web/dist/
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked -p hookflow \
    && install -D target/release/hookflow out/hookflow && install -d out/data

# What is needed to run it: a C library, certificates of authorities, a user. No shell.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /src/out/hookflow /usr/local/bin/hookflow
COPY --from=build --chown=65532:65532 /src/out/data/ /var/lib/hookflow/
USER 65532:65532
ENV HOOKFLOW_DATA=/var/lib/hookflow
VOLUME /var/lib/hookflow
EXPOSE 13000 13001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s CMD ["hookflow", "ready"]
ENTRYPOINT ["hookflow"]
CMD ["serve"]
