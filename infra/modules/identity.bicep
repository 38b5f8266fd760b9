import { Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Name of the identity.')
param name string

@description('Tags.')
param tags Tags

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Object id, which role assignments name.')
output principalId string = identity.properties.principalId

@description('Client id, which the app names when it asks for a token.')
output clientId string = identity.properties.clientId
