namespace Infra.Tests;

[Collection(Compiled.Name)]
public sealed class SignInTests(Profiles profiles)
{
    private const string Settings = "Microsoft.Web/sites/config";

    [Theory]
    [InlineData("small")]
    [InlineData("dev")]
    [InlineData("prod")]
    public void Nobody_signs_in_unless_it_was_asked_for(string profile)
    {
        Assert.Empty(profiles[profile].Of(Settings));
        Assert.DoesNotContain(profiles[profile].Of("Microsoft.KeyVault/vaults/secrets"), s => s.Name.EndsWith("console-key", StringComparison.Ordinal));
    }

    [Fact]
    public void Persons_of_one_directory_sign_in_without_a_secret_and_devices_are_not_asked()
    {
        var authentication = profiles["sign-in"].One(Settings);
        Assert.EndsWith("/authsettingsV2", authentication.Name, StringComparison.Ordinal);
        Assert.Equal(("True", "False", "AllowAnonymous"), (authentication["properties.platform.enabled"], authentication["properties.globalValidation.requireAuthentication"], authentication["properties.globalValidation.unauthenticatedClientAction"]));
        const string Entra = "properties.identityProviders.azureActiveDirectory.";
        Assert.Matches("loginEndpoint.*'11111111-1111-1111-1111-111111111111'", authentication[Entra + "registration.openIdIssuer"]);
        Assert.Equal("OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID", authentication[Entra + "registration.clientSecretSettingName"]);
        Assert.Equal("33333333-3333-3333-3333-333333333333", authentication[Entra + "validation.allowedAudiences"]?.Trim('[', ']', ' ', '\n', '"'));
        Assert.Equal(("08:00:00", "False"), (authentication["properties.login.cookieExpiration.timeToExpiration"], authentication["properties.login.tokenStore.enabled"]));
    }

    [Fact]
    public void The_app_knows_the_directory_and_reads_the_consoles_key_from_the_vault()
    {
        var settings = profiles["sign-in"].One("Microsoft.Web/sites").Json.GetProperty("properties").GetProperty("siteConfig").GetProperty("appSettings").EnumerateArray()
            .ToDictionary(s => s.GetProperty("name").GetString()!, s => s.GetProperty("value").GetString()!);
        Assert.Equal("11111111-1111-1111-1111-111111111111", settings["SignIn__TenantId"]);
        Assert.EndsWith("SecretName=console-key)", settings["SignIn__ConsoleKey"], StringComparison.Ordinal);
        Assert.Equal(settings["AZURE_CLIENT_ID"], settings["OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID"]);
    }
}
