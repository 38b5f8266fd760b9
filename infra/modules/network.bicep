import { Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Name of the virtual network.')
param name string

@description('Address space, /24 or larger: the app gets its first quarter, the endpoints the second.')
param addressSpace string

@description('Tags.')
param tags Tags

var quarter = parseCidr(addressSpace).cidr + 2

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressSpace] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressSpace, quarter, 0)
          delegations: [{ name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressSpace, quarter, 1)
          privateEndpointNetworkPolicies: 'Disabled'
        }
      }
    ]
  }
}
