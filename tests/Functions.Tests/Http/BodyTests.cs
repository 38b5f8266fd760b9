using System.Reflection;
using System.Text.Json.Nodes;
using IoTBackend.Core.Shared;
using IoTBackend.Functions.Hosting;
using IoTBackend.Functions.Http;

namespace Functions.Tests.Http;

/// <summary>What holds for every body and query that any function takes, now and later.</summary>
public sealed class BodyTests
{
    private static readonly string?[] Values = ["null", "true", "1", "-1.5", "1e400", "\"x\"", "\"\\ud800\"", "[]", "[null]", "[1]", "{}", "{\"x\":null}"];

    public static TheoryData<string> Types() => [.. Taken().Keys];

    [Theory]
    [MemberData(nameof(Types))]
    public void A_misspelt_member_is_refused_with_the_one_that_was_meant(string type)
    {
        foreach (var member in Members(Taken()[type]).Where(m => m.Length > 3))
        {
            var slip = $"{member[..^2]}{member[^1]}{member[^2]}x";
            Assert.Contains($"'{slip}' is not known; did you mean '", Refused(Taken()[type], new() { [slip] = 1 }), StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Whatever_is_wrong_with_a_member_no_word_of_the_program_gets_out(string type)
    {
        foreach (var member in Members(Taken()[type]))
        {
            foreach (var value in Values)
            {
                var reason = Refused(Taken()[type], new() { [member] = value is "1e400" or "\"\\ud800\"" ? null : JsonNode.Parse(value!) }, value);
                Assert.DoesNotContain("IoTBackend", reason, StringComparison.Ordinal);
                Assert.DoesNotContain("System.", reason, StringComparison.Ordinal);
                Assert.DoesNotContain("`", reason, StringComparison.Ordinal);
                Assert.DoesNotContain("isFinalBlock", reason, StringComparison.Ordinal);
                Assert.DoesNotContain("could not be converted", reason, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>Empty = taken.</summary>
    private static string Refused(Type type, JsonObject body, string? raw = null)
    {
        // Of several kinds the first.
        if (WireJson.Options.GetTypeInfo(type).PolymorphismOptions is { } kinds)
            body[kinds.TypeDiscriminatorPropertyName] = (string)kinds.DerivedTypes[0].TypeDiscriminator!;
        var json = raw is "1e400" or "\"\\ud800\"" ? $$"""{"{{body.First().Key}}":{{raw}}}""" : body.ToJsonString();
        var read = typeof(StrictJson).GetMethods().Single(m => m.Name == "Read" && m.GetParameters().Length == 1).MakeGenericMethod(type);
        var result = read.Invoke(null, [(ReadOnlyMemory<byte>)System.Text.Encoding.UTF8.GetBytes(json)])!;
        return (string?)result.GetType().GetProperty("Reason")!.GetValue(result) ?? "";
    }

    private static IEnumerable<string> Members(Type type) =>
        WireJson.Options.GetTypeInfo(type).Properties.Where(p => !p.IsExtensionData && (p.Set ?? (object?)p.AssociatedParameter) is not null).Select(p => p.Name);

    private static Dictionary<string, Type> Taken() =>
        (from function in RequestGuard.FunctionMethods()
         from contract in function.Method.GetCustomAttributes().OfType<IContract>()
         where contract is not AnswersAttribute && contract.Type is not null
         select contract.Type!).Distinct().ToDictionary(t => t.Name);
}
