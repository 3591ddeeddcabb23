"use strict";

// Signing in from this page also authorizes it: the next "Execute" already carries the token.
const SIGNS_IN = /\/auth\/(login|register|refresh)$/;

const ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  tryItOutEnabled: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  responseInterceptor: (response) => {
    if (response.ok && SIGNS_IN.test(response.url) && response.body && response.body.access_token) {
      ui.preauthorizeApiKey("Bearer", response.body.access_token);
    }
    return response;
  },
});
