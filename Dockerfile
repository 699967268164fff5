# The service: docker build -t sentry-mcp . (another index: --build-arg PIP_INDEX_URL=https://...)
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
ARG PIP_INDEX_URL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source
COPY . .
RUN pip wheel --no-deps --wheel-dir /wheels . \
    && python -m venv --without-pip /opt/sentry-mcp \
    && pip --python /opt/sentry-mcp/bin/python install "$(echo /wheels/*.whl)[otel,shared]"

FROM python:${PYTHON}-slim
COPY --from=build /opt/sentry-mcp /opt/sentry-mcp
ENV PATH=/opt/sentry-mcp/bin:$PATH PYTHONDONTWRITEBYTECODE=1
# A number, by which Kubernetes sees that it is not root. It needs no home, and writes nowhere.
USER 10001:10001
WORKDIR /
EXPOSE 3004
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s CMD ["python", "-c", "import http.client as http; to = http.HTTPConnection('127.0.0.1', 3004, timeout=2); to.request('GET', '/health'); raise SystemExit(to.getresponse().status != 200)"]
ENTRYPOINT ["sentry-mcp"]
# Over stdio: docker run -i --entrypoint sentry-mcp ... sentry-mcp
CMD ["--http", "--host", "0.0.0.0"]
