using System.Reflection;
using IoTBackend.Functions.Hosting;
using IoTBackend.Functions.Http;
using Microsoft.Azure.Functions.Worker;

namespace Functions.Tests.Http;

/// <summary>What holds for every address of the app.</summary>
public sealed class AddressTests
{
    [Theory]
    [InlineData("host", "a%20b")]
    [InlineData("host", "http:%2F%2Fx")]
    [InlineData("host", "REGISTRY.example")]
    [InlineData("host", "a:99999")]
    [InlineData("host", "[::1]")]
    [InlineData("track", "a/b")]
    [InlineData("track", "-")]
    [InlineData("id", "a/b")]
    [InlineData("id", "a#b")]
    [InlineData("id", "")]
    [InlineData("deviceId", "..")]
    [InlineData("name", "a\0b")]
    [InlineData("model", "ä")]
    public void An_odd_name_is_refused_before_a_store_sees_it(string parameter, string value) => Assert.NotNull(RouteNames.Check(parameter, value));

    [Fact]
    public void A_name_without_end_is_refused() =>
        Assert.All(["host", "track", "id", "deviceId", "name", "model", "anything"], parameter => Assert.NotNull(RouteNames.Check(parameter, new string('a', 301))));

    [Theory]
    [InlineData("host", "localhost:5000")]
    [InlineData("host", "fleet.azurecr.io")]
    [InlineData("track", "sensor")]
    [InlineData("id", "camera-01~device.offline~1764340000000")]
    [InlineData("id", "20261128-0-17")]
    [InlineData("id", "sensor-0123456789abcdef0123456789abcdef")]
    [InlineData("deviceId", "camera:01.a_b")]
    public void A_name_of_ours_is_none_of_them(string parameter, string value) => Assert.Null(RouteNames.Check(parameter, value));

    [Fact]
    public void HEAD_works_where_GET_does() =>
        // Not where other protocols have a GET that changes something.
        Assert.All(Triggers().Where(t => Takes(t.Trigger, "get") && t.Trigger.Route?.StartsWith("devices/", StringComparison.Ordinal) != true), t => Assert.True(Takes(t.Trigger, "head"), t.Name));

    private static IEnumerable<(string Name, HttpTriggerAttribute Trigger)> Triggers() =>
        from function in RequestGuard.FunctionMethods()
        from parameter in function.Method.GetParameters()
        let trigger = parameter.GetCustomAttribute<HttpTriggerAttribute>()
        where trigger is not null
        select (function.Name, trigger);

    private static bool Takes(HttpTriggerAttribute trigger, string verb) => trigger.Methods?.Contains(verb, StringComparer.OrdinalIgnoreCase) == true;
}
