# syntax=docker/dockerfile:1
# The page in a container.  For CPUs:   docker build -t wanzhuan .
# With CUDA, on a host that has the NVIDIA container toolkit:   docker build --target gpu -t wanzhuan:gpu .
# docs/serving.md says how to run it.

FROM python:3.11.14-slim-bookworm AS python
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

# ---- what is installed: in two steps, because bert4keras asks for a Keras that is not needed
FROM python AS packages-cpu
RUN python -m venv /opt/venv
COPY pre-requirements.txt requirements.txt /tmp/
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install -r /tmp/pre-requirements.txt && pip install -r /tmp/requirements.txt

FROM packages-cpu AS packages-gpu
RUN --mount=type=cache,target=/root/.cache/pip \
    sed 's/^tensorflow==/tensorflow[and-cuda]==/' /tmp/requirements.txt > /tmp/requirements-gpu.txt && \
    pip install -r /tmp/requirements-gpu.txt

# ---- what runs: no compiler, no pip cache, a user who may write nowhere but at home and in /tmp
FROM python AS page
RUN useradd --create-home --uid 10001 --shell /usr/sbin/nologin wanzhuan
WORKDIR /app
COPY LICENSE app.py ./
COPY core core
COPY demo demo
USER 10001
ENV GRADIO_ANALYTICS_ENABLED=False GRADIO_SERVER_PORT=7860 GRADIO_TEMP_DIR=/tmp/wanzhuan WANZHUAN_LOG=json
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"GRADIO_SERVER_PORT\"]}/healthz', timeout=4)"]
ENTRYPOINT ["python", "app.py", "--host", "0.0.0.0"]

FROM page AS gpu
COPY --from=packages-gpu /opt/venv /opt/venv

FROM page AS cpu
COPY --from=packages-cpu /opt/venv /opt/venv
