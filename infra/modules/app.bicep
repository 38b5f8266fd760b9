import { Compute, Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Name of the plan.')
param planName string

@description('Name of the app, also its host name.')
param name string

@description('Name of the user-assigned identity.')
param identityName string

@description('Storage account of host and package.')
param storageName string

@description('Container of the package.')
param packageContainer string

@description('Size and reach.')
param compute Compute

@description('Spread over zones; the platform then keeps at least two instances per scale group warm, and bills them.')
param zoneRedundant bool

@description('Settings the code reads.')
param settings { *: string }

@description('Resource id of the subnet the app sends from; empty for none.')
param subnetId string

@description('Tags.')
param tags Tags

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true, zoneRedundant: zoneRedundant }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identity.id
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${account.properties.primaryEndpoints.blob}${packageContainer}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identity.id }
        }
      }
      // Exactly '10.0': with '10' the deployment succeeds and the host never starts.
      runtime: { name: 'dotnet-isolated', version: '10.0' }
      scaleAndConcurrency: {
        instanceMemoryMB: compute.instanceMemoryMB
        maximumInstanceCount: compute.maximumInstances
        alwaysReady: compute.alwaysReady
        // A request mostly waits for the hub. The platform's own number for the smallest instance would start several where one has time to spare.
        triggers: { http: { perInstanceConcurrency: 32 } }
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      cors: { allowedOrigins: [] }
      appSettings: map(items(settings), item => { name: item.key, value: item.value })
    }
  }
}

resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: site
  name: 'ftp'
  properties: { allow: false }
}

resource scm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: site
  name: 'scm'
  properties: { allow: false }
}

@description('Host name of the app.')
output hostName string = site.properties.defaultHostName
