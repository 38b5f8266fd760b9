namespace Cli.Tests.Api;

public sealed class ClientTests
{
    [Fact]
    public void The_client_is_the_one_the_description_of_the_API_makes() =>
        Repository.AssertSnapshot(
            ClientSource.Make(Repository.Read("functions", "IoTBackend.Functions", "OpenApi", "openapi.json")), ["clients", "Cli", "Api", "Backend.g.cs"], "The API changed, its client did not.");
}
