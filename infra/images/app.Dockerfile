# An app of this repository: docker compose build, or npx nx run producer:image.
# Build arguments: APP is its folder, as apps/producer; VERSION and REVISION are for the labels.

# What decides which packages are installed, apart: an edit of a source must not install them anew.
FROM node:24-bookworm-slim AS manifests
WORKDIR /all
COPY . .
RUN mkdir /manifests \
  && find . -name package.json -not -path '*/node_modules/*' -exec cp --parents -t /manifests {} + \
  && cp package-lock.json .npmrc /manifests/

FROM node:24-bookworm-slim AS build
WORKDIR /workspace
ENV NX_DAEMON=false NX_TUI=false CI=true
COPY --from=manifests /manifests ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund --loglevel=error
COPY . .
# All that have an image, since most of the time goes into the libraries that they share: the layer is made once for all.
RUN npx nx run-many -t build -p producer stream-writer random-user-server console infra --output-style=static
ARG APP
# The workspace's own libraries are in the bundle.
RUN --mount=type=cache,target=/root/.npm \
  npm ci --omit=dev --workspace="$APP" --no-audit --no-fund --loglevel=error \
  && rm -rf node_modules/@sluice node_modules/.package-lock.json \
  && mkdir /app \
  && mv node_modules /app/ \
  && if [ -d "$APP/node_modules" ]; then cp -r "$APP/node_modules/." /app/node_modules/; fi \
  && find /app/node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
  && cp -r "$APP/dist" "$APP/package.json" /app/ \
  && find /app/dist -name '*.map' -delete

FROM node:24-bookworm-slim
ARG APP
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="sluice $APP" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION" \
  org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production METRICS_HOST=0.0.0.0 METRICS_PORT=9464
WORKDIR /app
COPY --from=build /app ./
# For a volume, where an app keeps something: a new one takes its owner from here.
RUN install -d -o node -g node /var/lib/sluice
USER node
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
  CMD ["node", "-e", "process.env.no_proxy = '*'; fetch(`http://127.0.0.1:${process.env.METRICS_PORT}/health/ready`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Small heaps: the apps stream. What keeps more has an entry point of its own. NODE_OPTIONS does not take all of these.
ENTRYPOINT ["node", "--max-semi-space-size=4", "--max-old-space-size=96", "--no-parallel-scavenge", "--heap-growing-percent=50", "dist/main.js"]
