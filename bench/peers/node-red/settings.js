// What a new Node-RED has, but: loopback only, and nothing is told or asked elsewhere.
module.exports = {
  flowFile: "flows.json",
  uiHost: "127.0.0.1",
  telemetry: { enabled: false, updateNotification: false },
  diagnostics: { enabled: true, ui: true },
  runtimeState: { enabled: false, ui: false },
  logging: { console: { level: "info", metrics: false, audit: false } },
  exportGlobalContextKeys: false,
  externalModules: { autoInstall: false, palette: { allowInstall: false, allowUpdate: false, allowUpload: false } },
  functionExternalModules: true,
  editorTheme: { tours: false, projects: { enabled: false } },
};
