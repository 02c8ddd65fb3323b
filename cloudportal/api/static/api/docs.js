// Shows the OpenAPI document. Requests that are tried out carry the session's CSRF token, where there is a session.
const place = document.getElementById("document");
const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);

SwaggerUIBundle({
  url: place.dataset.url,
  domNode: place,
  deepLinking: true,
  persistAuthorization: false,
  defaultModelsExpandDepth: 0,
  requestInterceptor: (request) => {
    if (token) request.headers["X-CSRFToken"] = decodeURIComponent(token[1]);
    return request;
  },
});
