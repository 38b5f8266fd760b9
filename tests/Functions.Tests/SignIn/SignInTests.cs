using System.Text;
using System.Text.Json;
using Core.Tests.Releases.Rollout;
using Functions.Tests.Http;
using IoTBackend.Core.Changes;
using IoTBackend.Functions.SignIn;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Functions.Tests.SignIn;

public sealed class SignInTests
{
    private const string Ours = "11111111-1111-1111-1111-111111111111";
    private const string Key = "console-key-of-the-host";

    [Fact]
    public async Task An_operator_who_is_signed_in_gets_what_the_console_calls_with()
    {
        var answer = await Console().SendAsync("POST", "/api/session", null, Person("anna@example.com"));
        Assert.Equal((200, "anna@example.com", Key), (answer.Status, answer.Body?.GetProperty("name").GetString(), answer.Body?.GetProperty("key").GetString()));
        Assert.Equal("no-store", answer.Headers.CacheControl);
    }

    [Theory]
    [InlineData("another role", Ours, "Reader", "aad", 403)]
    [InlineData("no role", Ours, "", "aad", 403)]
    [InlineData("another directory", "22222222-2222-2222-2222-222222222222", "Operator", "aad", 403)]
    [InlineData("no directory", "", "Operator", "aad", 403)]
    [InlineData("another provider", Ours, "Operator", "google", 401)]
    public async Task Nobody_else_who_is_signed_in_gets_it(string who, string tenant, string role, string provider, int status)
    {
        var answer = await Console().SendAsync("POST", "/api/session", null, Person("eve@example.com", tenant, role, provider));
        Assert.True(status == answer.Status, who);
        Assert.DoesNotContain(Key, answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not base64")]
    [InlineData("e30=")]
    [InlineData("W10=")]
    [InlineData("eyJhdXRoX3R5cCI6ImFhZCIsImNsYWltcyI6WzFdfQ==")]
    public async Task A_header_that_is_not_what_the_platform_writes_is_nobody(string header)
    {
        var answer = await Console().SendAsync("POST", "/api/session", null, ("X-MS-CLIENT-PRINCIPAL", header), ("X-MS-CLIENT-PRINCIPAL-NAME", "eve"));
        Assert.Equal(401, answer.Status);
    }

    [Fact]
    public async Task Another_sites_page_is_not_answered() =>
        Assert.Equal(403, (await Console().SendAsync("POST", "/api/session", null, [("Sec-Fetch-Site", "cross-site"), .. Person("anna@example.com")])).Status);

    [Theory]
    [InlineData(null, Ours, Key)]
    [InlineData("False", Ours, Key)]
    [InlineData("True", null, Key)]
    [InlineData("True", Ours, null)]
    public async Task Where_the_platform_authenticates_nobody_nobody_signs_in(string? platform, string? tenant, string? key) =>
        Assert.Equal(404, (await Console(platform, tenant, key).SendAsync("POST", "/api/session", null, Person("anna@example.com"))).Status);

    [Fact]
    public async Task The_consoles_key_opens_nothing_without_an_operators_session()
    {
        var api = Console();
        Assert.Equal(200, (await api.SendAsync("GET", "/api/changes", null, [("x-functions-key", Key), .. Person("anna@example.com")])).Status);
        Assert.Equal(401, (await api.SendAsync("GET", "/api/changes", null, ("x-functions-key", Key))).Status);
        Assert.Equal(401, (await api.SendAsync("GET", $"/api/changes?code={Key}")).Status);
        Assert.Equal(401, (await api.SendAsync("GET", $"/api/changes?code={Key}&code=other")).Status);
        Assert.Equal(401, (await api.SendAsync("GET", "/api/changes", null, [("x-functions-key", Key), .. Person("eve@example.com", role: "Reader")])).Status);
        Assert.Equal(200, (await api.SendAsync("GET", "/api/changes", null, ("x-functions-key", "another key of the host"))).Status);
    }

    [Fact]
    public async Task The_consoles_key_opens_nothing_where_the_platform_has_been_turned_off() =>
        Assert.Equal(401, (await Console(platform: "False").SendAsync("GET", "/api/changes", null, [("x-functions-key", Key), .. Person("anna@example.com")])).Status);

    [Theory]
    [InlineData("True", "anna@example.com")]
    [InlineData("False", "ben")]
    [InlineData(null, "ben")]
    public async Task A_header_that_names_a_person_counts_only_where_the_platform_sets_it(string? platform, string decided)
    {
        var world = new RolloutWorld(devices: 20);
        await world.ReportAsync();
        var release = await world.PushAsync("1.0.0");
        await world.LiveAsync(1);
        var api = new Api(world.Stores, world.Rollouts, world.Operate, world.Progress, world.DryRun, world.Time, Gate(platform, Ours, Key));
        Assert.Equal(200, (await api.SendAsync("POST", $"/api/releases/{release.Id}/pause", """{"by":"ben"}""", Person("anna@example.com"))).Status);
        Assert.Equal(decided, (await api.SendAsync("GET", $"/api/releases/{release.Id}/timeline?top=1")).Body?.GetProperty("steps")[0].GetProperty("by").GetString());
    }

    private static Api Console(string? platform = "True", string? tenant = Ours, string? key = Key) =>
        new(new RecentChanges(new FakeTimeProvider()), Gate(platform, tenant, key));

    private static SignInGate Gate(string? platform, string? tenant, string? key) => new(
        new ConfigurationBuilder().AddInMemoryCollection([new("WEBSITE_AUTH_ENABLED", platform)]).Build(),
        Options.Create(new SignInOptions { TenantId = tenant, ConsoleKey = key }));

    /// <summary>As the platform writes it.</summary>
    private static (string, string)[] Person(string name, string tenant = Ours, string role = "Operator", string provider = "aad")
    {
        var principal = new
        {
            auth_typ = provider,
            claims = new[]
            {
                new { typ = "http://schemas.microsoft.com/identity/claims/tenantid", val = tenant },
                new { typ = "preferred_username", val = name },
                new { typ = "roles", val = role },
            },
            name_typ = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
            role_typ = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
        };
        return [("X-MS-CLIENT-PRINCIPAL", Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(principal))), ("X-MS-CLIENT-PRINCIPAL-NAME", name), ("X-MS-CLIENT-PRINCIPAL-ID", "id-of-" + name)];
    }
}
