// App Service Authentication: the platform signs persons in at /.auth/login/aad and names them to the app in headers that nobody else can set.

@description('Name of the function app.')
param appName string

@description('Application (client) id of the app registration.')
param clientId string

@description('Directory of the registration.')
param tenantId string

resource site 'Microsoft.Web/sites@2025-03-01' existing = {
  name: appName
}

resource authentication 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: site
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true }
    // Devices, registries and scripts come with credentials of their own, which the app and the host check.
    globalValidation: { requireAuthentication: false, unauthenticatedClientAction: 'AllowAnonymous' }
    httpSettings: { requireHttps: true }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: clientId
          clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenantId}/v2.0'
        }
        validation: { allowedAudiences: [clientId] }
      }
    }
    login: {
      // How long somebody who is no operator any more may go on.
      cookieExpiration: { convention: 'FixedTime', timeToExpiration: '08:00:00' }
      nonce: { validateNonce: true }
      // Nothing is called in a person's name.
      tokenStore: { enabled: false }
    }
  }
}
