import { Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Name of the vault.')
param name string

@description('Refuse everyone outside the virtual network.')
param closed bool

@description('Secret from which every device key is derived; empty leaves the stored one alone.')
@secure()
param deviceMasterKey string

@description('Name of the secret that holds the device master key.')
param deviceMasterKeyName string

@description('Whether operators sign in with Entra ID, so that the console has a key.')
param operatorsSignIn bool

@description('Key the console calls the host with for whoever is signed in; empty leaves the stored one alone.')
@secure()
param consoleKey string

@description('Name of the secret that holds it.')
param consoleKeyName string

@description('Name of the secret that holds the key of the hub rule for device tokens.')
param hubDeviceKeyName string

@description('Whether devices send by AMQP, so that the rule exists.')
param directAmqp bool

@description('Namespace, hub and rule whose key is stored.')
param deviceRule { namespace: string, hub: string, rule: string }

@description('Workspace that keeps the audit log.')
param workspaceName string

@description('Tags.')
param tags Tags

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    // Losing the master key means visiting every device.
    enablePurgeProtection: true
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    publicNetworkAccess: 'Enabled'
    networkAcls: { defaultAction: closed ? 'Deny' : 'Allow', bypass: 'AzureServices', ipRules: [], virtualNetworkRules: [] }
  }
}

resource masterKey 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (!empty(deviceMasterKey)) {
  parent: vault
  name: deviceMasterKeyName
  properties: { value: deviceMasterKey, contentType: 'base64, 32 bytes or more', attributes: { enabled: true } }
}

resource console 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (operatorsSignIn && !empty(consoleKey)) {
  parent: vault
  name: consoleKeyName
  properties: { value: consoleKey, contentType: 'host key', attributes: { enabled: true } }
}

resource rule 'Microsoft.EventHub/namespaces/eventhubs/authorizationRules@2024-01-01' existing = if (directAmqp) {
  name: '${deviceRule.namespace}/${deviceRule.hub}/${deviceRule.rule}'
}

// The one key that is read here: it goes from the hub into the vault, and neither settings nor outputs ever hold it.
resource hubDeviceKey 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (directAmqp) {
  parent: vault
  name: hubDeviceKeyName
  properties: { value: rule!.listKeys().primaryKey, contentType: 'Event Hubs rule key', attributes: { enabled: true } }
}

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'audit'
  properties: { workspaceId: workspace.id, logs: [{ category: 'AuditEvent', enabled: true }] }
}
