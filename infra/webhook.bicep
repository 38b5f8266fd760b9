// A second way for pushes to arrive, for registries that must not depend on Event Grid. Deployed by scripts/deploy --webhook
// after the app's code, because a function has a key only once its host has started.

@description('Name of the function app.')
param appName string

@description('Name of the container registry.')
param registryName string

@description('Region of the registry.')
param location string = resourceGroup().location

@description('Which repositories report, as repository:tag or repository:*; empty for all.')
param repositories string = ''

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: appName

  resource events 'functions' existing = {
    name: 'ReceivePushEvent'
  }
}

resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = {
  name: registryName
}

resource webhook 'Microsoft.ContainerRegistry/registries/webhooks@2025-11-01' = {
  parent: registry
  name: 'backend'
  location: location
  properties: {
    actions: ['push']
    scope: repositories
    status: 'enabled'
    serviceUri: 'https://${app.properties.defaultHostName}/api/registry/events'
    // The key of this one function, in a header, so that no log of addresses shows it.
    customHeaders: { 'x-functions-key': app::events.listKeys().default }
  }
}
