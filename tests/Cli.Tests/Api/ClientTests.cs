using System.Text.Json;
using IoTBackend.ClientSource;

namespace Cli.Tests.Api;

public sealed class ClientTests
{
    private static readonly string Description = Repository.Read("functions", "IoTBackend.Functions", "OpenApi", "openapi.json");
    private static readonly string Client = ClientSource.Make(Description);

    [Fact]
    public void Every_call_of_the_operators_is_in_the_client_and_none_of_the_devices()
    {
        var operations = JsonDocument.Parse(Description).RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Where(o => o.Name != "parameters").Select(o => (Path: path.Name, Id: o.Value.GetProperty("operationId").GetString(), Operation: o.Value)));
        foreach (var (path, id, operation) in operations)
            Assert.Equal(operation.GetProperty("security").ToString().Contains("functionKey", StringComparison.Ordinal) && !path.StartsWith("/registry/", StringComparison.Ordinal) || path == "/health",
                Client.Contains($" {id}Async(", StringComparison.Ordinal));
    }

    [Fact]
    public void An_id_is_one_part_of_an_address_whatever_is_in_it() =>
        Assert.DoesNotMatch(@"HttpMethod\.\w+, Address\(\$""[^""]*\{(?!Part\()", Client);

    [Fact]
    public void Names_of_kinds_and_states_are_open_so_that_a_newer_backends_can_be_read()
    {
        Assert.DoesNotContain("enum ", Client, StringComparison.Ordinal);
        Assert.Matches(@"public required string Severity \{", Client);
    }
}
