namespace Infra.Tests;

[Collection(Compiled.Name)]
public sealed class AccessTests(Profiles profiles)
{
    private const string App = "Microsoft.ManagedIdentity/userAssignedIdentities";
    private const string Topic = "Microsoft.EventGrid/systemTopics";

    /// <summary>The whole list: role, what it is granted on, to whom. A new right is a change to this table, so a reviewer sees it.</summary>
    private static readonly (string Role, string Scope, string Who)[] Rights =
    [
        ("b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "Microsoft.Storage/storageAccounts", App),                                // Storage Blob Data Owner: host leases, package, checkpoints
        ("974c5e8b-45b9-4653-ba55-5f855dd0fb88", "Microsoft.Storage/storageAccounts", App),                                // Storage Queue Data Contributor: queues and their poison queues
        ("0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", "Microsoft.Storage/storageAccounts", App),                                // Storage Table Data Contributor
        ("a638d3c7-ab3a-418d-83e6-5f17a39d4fde", "Microsoft.EventHub/namespaces/eventhubs", App),                          // Azure Event Hubs Data Receiver
        ("2b629674-e913-4c01-ae53-ef4638d8f975", "Microsoft.EventHub/namespaces/eventhubs", App),                          // Azure Event Hubs Data Sender
        ("b93aa761-3e63-49ed-ac28-beffa264f7ac", "Microsoft.ContainerRegistry/registries", App),                           // Container Registry Repository Reader
        ("4633458b-17de-408a-b874-0445c86b69e6", "Microsoft.KeyVault/vaults/secrets", App),                                // Key Vault Secrets User: device master key
        ("4633458b-17de-408a-b874-0445c86b69e6", "Microsoft.KeyVault/vaults/secrets", App),                                // Key Vault Secrets User: key of the hub rule
        ("3913510d-42f4-4e42-8a64-420c390055eb", "Microsoft.Insights/components", App),                                    // Monitoring Metrics Publisher
        ("c6a89b2d-59bc-44d0-9896-0f6e12d7b80a", "Microsoft.Storage/storageAccounts/queueServices/queues", Topic),         // Storage Queue Data Message Sender
        ("ba92f5b4-2d11-453d-a403-e96b0029c9fe", "Microsoft.Storage/storageAccounts/blobServices/containers", Topic),      // Storage Blob Data Contributor: undeliverable events
    ];

    public static TheoryData<string> All => Profiles.All;

    [Theory, MemberData(nameof(All))]
    public void Exactly_the_listed_rights_are_granted(string profile)
    {
        var granted = profiles[profile].Of("Microsoft.Authorization/roleAssignments").Select(Describe);
        var expected = profile is "http-only" or "small" ? Rights.Distinct() : Rights;
        Assert.Equal(expected.Order(), granted.Order());
    }

    /// <summary>Owner, Contributor, User Access Administrator, Role Based Access Control Administrator.</summary>
    [Theory]
    [InlineData("8e3af657-a8ff-443c-a75c-2fe8c4bcb635")]
    [InlineData("b24988ac-6180-42a0-ab88-20f7382dd24c")]
    [InlineData("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9")]
    [InlineData("f58310d9-a9f6-439a-9e8d-f62e7b41a168")]
    public void Nothing_may_manage_resources_or_rights(string role) => Assert.All(
        Directory.EnumerateFiles(Repository.Path("infra"), "*.bicep", SearchOption.AllDirectories),
        file => Assert.DoesNotContain(role, File.ReadAllText(file), StringComparison.OrdinalIgnoreCase));

    [Theory, MemberData(nameof(All))]
    public void No_right_reaches_over_a_group_or_subscription(string profile) => Assert.All(
        profiles[profile].Of("Microsoft.Authorization/roleAssignments"),
        r => Assert.Matches("/resourceGroups/[^/]+/providers/.+/providers/Microsoft.Authorization/roleAssignments/", r.Id));

    [Fact]
    public void Every_right_is_in_one_file() => Assert.Equal(
        ["access.bicep"],
        Directory.EnumerateFiles(Repository.Path("infra"), "*.bicep", SearchOption.AllDirectories)
            .Where(f => File.ReadAllText(f).Contains("resource ", StringComparison.Ordinal)
                && File.ReadAllText(f).Contains("Microsoft.Authorization/roleAssignments@", StringComparison.Ordinal))
            .Select(Path.GetFileName));

    private static (string Role, string Scope, string Who) Describe(Resource assignment)
    {
        var principal = assignment["properties.principalId"]!;
        Assert.Equal("ServicePrincipal", assignment["properties.principalType"]);
        return (
            assignment["properties.roleDefinitionId"]!.Split('/')[^1],
            TypeOf(assignment.Id[..assignment.Id.LastIndexOf("/providers/", StringComparison.Ordinal)]),
            principal.Contains($"/{App}/", StringComparison.Ordinal) ? App : principal.Contains($"/{Topic}/", StringComparison.Ordinal) ? Topic : principal);
    }

    /// <summary>/.../providers/Microsoft.X/as/a1/bs/b1 is a Microsoft.X/as/bs.</summary>
    private static string TypeOf(string id)
    {
        var parts = id[(id.LastIndexOf("/providers/", StringComparison.Ordinal) + 11)..].Split('/');
        return string.Join('/', parts.Where((_, i) => i == 0 || i % 2 == 1));
    }
}
