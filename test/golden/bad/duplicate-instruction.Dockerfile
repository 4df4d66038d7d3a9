FROM python:3.12-slim
COPY . /app
HEALTHCHECK --interval=5s CMD ["python", "/app/live.py"]
CMD ["python", "/app/manage.py", "runserver"]
# production
CMD ["gunicorn", "app.wsgi"]
HEALTHCHECK NONE
