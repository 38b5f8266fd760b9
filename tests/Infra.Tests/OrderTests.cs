using System.Text.Json;

namespace Infra.Tests;

/// <summary>Snapshots do not show order, so it is read from the compiled template.</summary>
[Collection(Compiled.Name)]
public sealed class OrderTests(Profiles profiles)
{
    /// <summary>Each was a deployment that fails, or half works, the other way round.</summary>
    [Theory]
    [InlineData("pushes", "access")]       // Event Grid tries the queue and the dead-letter container when the subscription is made
    [InlineData("app", "access")]          // the host opens its storage the moment the app exists
    [InlineData("app", "endpoints")]       // and finds it only through the endpoints when the network is private
    [InlineData("app", "vault")]           // settings refer to secrets
    [InlineData("access", "storage")]
    [InlineData("access", "hubs")]
    [InlineData("access", "images")]
    [InlineData("vault", "hubs")]          // copies the hub rule's key
    [InlineData("endpoints", "vnet")]
    [InlineData("signIn", "app")]
    [InlineData("alerts", "hubs")]
    public void One_module_waits_for_another(string module, string before) =>
        Assert.Contains(before, Closure(profiles.Template.GetProperty("resources"), module));

    private static HashSet<string> Closure(JsonElement resources, string module)
    {
        var all = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>([module]);
        while (open.TryPop(out var name))
        {
            var depends = resources.GetProperty(name).TryGetProperty("dependsOn", out var list) ? list.EnumerateArray().Select(d => d.GetString()!) : [];
            foreach (var next in depends.Where(all.Add))
                open.Push(next);
        }

        return all;
    }
}
