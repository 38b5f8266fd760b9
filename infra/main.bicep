targetScope = 'subscription'

import { Compute, Data, Ingest, Network, Operations, OperatorSignIn, Registry, Tags } from 'types.bicep'

@description('Name of the environment, as dev or prod; part of every name.')
@minLength(2)
@maxLength(12)
param environmentName string

@description('Region of everything.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Function app.')
param compute Compute

@description('Event Hubs.')
param ingest Ingest

@description('Container registry.')
param registry Registry

@description('Storage.')
param data Data

@description('Network.')
param network Network

@description('Alerts, budget and logs.')
param operations Operations

@description('Sign-in with Entra ID; none leaves operators their keys.')
param operatorSignIn OperatorSignIn?

@description('Spread over availability zones where the tier allows it. Costs two warm instances per scale group.')
param zoneRedundant bool

@description('Secret from which every device key is derived, base64. Given once; later deployments leave it empty and keep the stored one.')
@secure()
param deviceMasterKey string = ''

@description('Key the console calls the host with for whoever is signed in; empty keeps the stored one. scripts/deploy tells it to the host as well.')
@secure()
param consoleKey string = ''

var token = uniqueString(subscription().id, environmentName, location)
var names = {
  group: 'rg-iot-${environmentName}'
  identity: 'id-iot-${environmentName}'
  workspace: 'log-iot-${environmentName}'
  component: 'appi-iot-${environmentName}'
  storage: 'stiot${token}'
  hubs: 'evhns-iot-${environmentName}-${token}'
  registry: 'criot${token}'
  topic: 'evgt-iot-${environmentName}-images'
  vault: 'kv-iot-${token}'
  plan: 'plan-iot-${environmentName}'
  app: 'func-iot-${environmentName}-${token}'
  network: 'vnet-iot-${environmentName}'
  endpoints: 'pep-iot-${environmentName}'
  alerts: 'alert-iot-${environmentName}'
  budget: 'budget-iot-${environmentName}'
}
var hubName = 'telemetry'
var deviceRuleName = 'devices'
var masterKeyName = 'device-master-key'
var hubDeviceKeyName = 'hub-device-key'
var consoleKeyName = 'console-key'
var pushQueue = 'registry-events'
var packages = 'packages'
var undelivered = 'undelivered-events'
var deadLetters = 'dead-letters'
var archive = 'archive'
var tags Tags = { 'azd-env-name': environmentName, project: 'iot-backend' }

var closed = network.kind == 'private'
var closesIngest = network.kind == 'private' ? network.closeIngestAndRegistry : false
var groupId = '${subscription().id}/resourceGroups/${names.group}/providers'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: names.group
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { location: location, name: names.identity, tags: tags }
}

module observability 'modules/observability.bicep' = {
  scope: group
  params: {
    location: location
    workspaceName: names.workspace
    componentName: names.component
    dailyLogGB: operations.dailyLogGB
    logDays: operations.logDays
    tags: tags
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    location: location
    name: names.storage
    redundancy: data.redundancy
    containers: [packages, undelivered, deadLetters, archive]
    expiringContainers: [undelivered, deadLetters]
    deadLetterDays: data.deadLetterDays
    queues: [pushQueue]
    closed: closed
    tags: tags
  }
}

module hubs 'modules/hubs.bicep' = {
  scope: group
  params: {
    location: location
    namespaceName: names.hubs
    hubName: hubName
    deviceRuleName: deviceRuleName
    ingest: ingest
    closed: closesIngest
    tags: tags
  }
}

module images 'modules/registry.bicep' = {
  scope: group
  params: {
    location: location
    name: names.registry
    topicName: names.topic
    tier: registry.tier
    zoneRedundant: zoneRedundant
    closed: closesIngest
    tags: tags
  }
}

module vault 'modules/vault.bicep' = {
  scope: group
  params: {
    location: location
    name: names.vault
    closed: closed
    deviceMasterKey: deviceMasterKey
    deviceMasterKeyName: masterKeyName
    operatorsSignIn: operatorSignIn != null
    consoleKey: consoleKey
    consoleKeyName: consoleKeyName
    hubDeviceKeyName: hubDeviceKeyName
    directAmqp: ingest.directAmqp
    deviceRule: { namespace: names.hubs, hub: hubName, rule: deviceRuleName }
    workspaceName: names.workspace
    tags: tags
  }
  dependsOn: [hubs, observability]
}

module access 'modules/access.bicep' = {
  scope: group
  params: {
    appPrincipalId: identity.outputs.principalId
    appIdentityId: '${groupId}/Microsoft.ManagedIdentity/userAssignedIdentities/${names.identity}'
    topicPrincipalId: images.outputs.topicPrincipalId
    topicName: names.topic
    storageName: names.storage
    pushQueueName: pushQueue
    deadLetterContainer: undelivered
    namespaceName: names.hubs
    hubName: hubName
    registryName: names.registry
    vaultName: names.vault
    secretNames: concat([masterKeyName], ingest.directAmqp ? [hubDeviceKeyName] : [], operatorSignIn == null ? [] : [consoleKeyName])
    componentName: names.component
  }
  dependsOn: [storage, hubs, vault, observability]
}

module pushes 'modules/registry-events.bicep' = {
  scope: group
  params: { topicName: names.topic, storageName: names.storage, queueName: pushQueue, deadLetterContainer: undelivered }
  dependsOn: [access]
}

module vnet 'modules/network.bicep' = if (network.kind == 'private') {
  scope: group
  params: { location: location, name: names.network, addressSpace: network.kind == 'private' ? network.addressSpace : '', tags: tags }
}

var storageId = '${groupId}/Microsoft.Storage/storageAccounts/${names.storage}'
var privateTargets = [
  { resourceId: storageId, group: 'blob', zone: 'privatelink.blob.${environment().suffixes.storage}' }
  { resourceId: storageId, group: 'queue', zone: 'privatelink.queue.${environment().suffixes.storage}' }
  { resourceId: storageId, group: 'table', zone: 'privatelink.table.${environment().suffixes.storage}' }
  { resourceId: '${groupId}/Microsoft.KeyVault/vaults/${names.vault}', group: 'vault', zone: 'privatelink.vaultcore.azure.net' }
]
var ingestTargets = [
  { resourceId: '${groupId}/Microsoft.EventHub/namespaces/${names.hubs}', group: 'namespace', zone: 'privatelink.servicebus.windows.net' }
  { resourceId: '${groupId}/Microsoft.ContainerRegistry/registries/${names.registry}', group: 'registry', zone: 'privatelink.azurecr.io' }
]

module endpoints 'modules/private-endpoints.bicep' = if (closed) {
  scope: group
  params: {
    location: location
    networkName: names.network
    prefix: names.endpoints
    targets: closesIngest ? concat(privateTargets, ingestTargets) : privateTargets
    tags: tags
  }
  dependsOn: [vnet, storage, vault, hubs, images]
}

// The vault's references are resolved by the platform, as the app's identity; the settings themselves never hold a key.
var settings = {
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.outputs.clientId};Authorization=AAD'
  APPLICATIONINSIGHTS_CONNECTION_STRING: observability.outputs.connectionString
  AZURE_CLIENT_ID: identity.outputs.clientId
  AzureWebJobsStorage__blobServiceUri: 'https://${names.storage}.blob.${environment().suffixes.storage}'
  AzureWebJobsStorage__clientId: identity.outputs.clientId
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__queueServiceUri: 'https://${names.storage}.queue.${environment().suffixes.storage}'
  AzureWebJobsStorage__tableServiceUri: 'https://${names.storage}.table.${environment().suffixes.storage}'
  // So that a shard is written by one processor: a multiple, whatever the number of partitions.
  DeviceStates__ShardCount: string(ingest.partitions * 4)
  Devices__MasterKey: '@Microsoft.KeyVault(VaultName=${names.vault};SecretName=${masterKeyName})'
  EventHub__clientId: identity.outputs.clientId
  EventHub__credential: 'managedidentity'
  EventHub__fullyQualifiedNamespace: '${names.hubs}.servicebus.windows.net'
  // A run starts when this many events wait, or after this long: the host's own settings, over those of host.json.
  AzureFunctionsJobHost__extensions__eventHubs__minEventBatchSize: '1000'
  AzureFunctionsJobHost__extensions__eventHubs__maxWaitTime: '00:00:${padLeft(ingest.batchSeconds, 2, '0')}'
  // Every look at an empty queue is billed: who lets telemetry wait lets a queue wait a third of that.
  AzureFunctionsJobHost__extensions__queues__maxPollingInterval: '00:00:${padLeft(max(2, ingest.batchSeconds / 3), 2, '0')}'
  // Every request would be a trace, and logs the largest part of the bill: each instance keeps one in ten seconds. The exporter's own sampler.
  OTEL_TRACES_SAMPLER: 'microsoft.rate_limited'
  OTEL_TRACES_SAMPLER_ARG: '0.1'
  // Timers are read by the platform too, and every run bills at least a second: once a minute, not every five seconds as on a laptop.
  SweepSchedule: '0 * * * * *'
  Sweep__GapAfter: '00:03:00'
  Releases__IdentityClientId: identity.outputs.clientId
  // Half of the requests an instance has places for, so that devices that wait leave the others room.
  Desired__MaxWaiting: '16'
  ReconcileSchedule: '0 */15 * * * *'
  UpkeepSchedule: '0 7 * * * *'
}
var directSettings = {
  EventHub__DeviceRuleName: deviceRuleName
  EventHub__DeviceRuleKey: '@Microsoft.KeyVault(VaultName=${names.vault};SecretName=${hubDeviceKeyName})'
  EventHub__DeviceEndpoint: 'amqps://${names.hubs}.servicebus.windows.net'
}
var signInSettings = {
  // Where the platform looks for the registration's secret: the name says that the identity of this client id vouches instead.
  OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: identity.outputs.clientId
  SignIn__TenantId: operatorSignIn.?tenantId ?? ''
  SignIn__ConsoleKey: '@Microsoft.KeyVault(VaultName=${names.vault};SecretName=${consoleKeyName})'
}

module app 'modules/app.bicep' = {
  scope: group
  params: {
    location: location
    planName: names.plan
    name: names.app
    identityName: names.identity
    storageName: names.storage
    packageContainer: packages
    compute: compute
    zoneRedundant: zoneRedundant
    subnetId: closed ? '${groupId}/Microsoft.Network/virtualNetworks/${names.network}/subnets/app' : ''
    settings: union(settings, ingest.directAmqp ? directSettings : {}, operatorSignIn == null ? {} : signInSettings)
    tags: tags
  }
  // The host reads its storage and the settings' secrets the moment it exists.
  dependsOn: [access, endpoints]
}

module signIn 'modules/sign-in.bicep' = if (operatorSignIn != null) {
  scope: group
  params: { appName: names.app, clientId: operatorSignIn.?clientId ?? '', tenantId: operatorSignIn.?tenantId ?? '' }
  dependsOn: [app]
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    location: location
    prefix: names.alerts
    emails: operations.emails
    namespaceName: names.hubs
    connectionLimit: ingest.tier == 'Premium' ? 10000 * ingest.units : ingest.tier == 'Standard' ? 5000 : 100
    storageName: names.storage
    topicName: names.topic
    componentName: names.component
    tags: tags
  }
  dependsOn: [storage, hubs, images, observability]
}

module budget 'modules/budget.bicep' = if (operations.budget > 0) {
  scope: group
  params: { name: names.budget, amount: operations.budget, from: operations.budgetFrom, actionGroupId: alerts.outputs.actionGroupId }
}

@description('Resource group of everything.')
output AZURE_RESOURCE_GROUP string = names.group

@description('Name of the function app.')
output BACKEND_APP_NAME string = names.app

@description('Address of the backend.')
output BACKEND_URL string = 'https://${app.outputs.hostName}'

@description('Login server of the container registry.')
output REGISTRY_LOGIN_SERVER string = '${names.registry}.azurecr.io'

@description('Name of the container registry.')
output REGISTRY_NAME string = names.registry

@description('Name of the vault.')
output VAULT_NAME string = names.vault
