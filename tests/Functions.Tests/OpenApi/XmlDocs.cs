using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Functions.Tests.OpenApi;

/// <summary>What the code says of its types and members, from the compiler's documentation files.</summary>
internal static partial class XmlDocs
{
    private static readonly Dictionary<string, XElement> Members = Directory.EnumerateFiles(AppContext.BaseDirectory, "IoTBackend.*.xml")
        .SelectMany(file => XDocument.Load(file).Descendants("member"))
        .GroupBy(member => member.Attribute("name")!.Value)
        .ToDictionary(members => members.Key, members => members.First());

    public static string? Summary(Type type) => Text(Members.GetValueOrDefault($"T:{Name(type)}")?.Element("summary"));

    public static string? Summary(MethodInfo method) => Text(Of(method)?.Element("summary"));

    /// <summary>A property's own words, or those of a record's parameter.</summary>
    public static string? Summary(PropertyInfo property) =>
        Text(Members.GetValueOrDefault($"P:{Name(property.DeclaringType!)}.{property.Name}")?.Element("summary"))
        ?? Text(Members.GetValueOrDefault($"T:{Name(property.DeclaringType!)}")?.Elements("param").FirstOrDefault(p => p.Attribute("name")?.Value == property.Name));

    public static string? Response(MethodInfo method, int status) =>
        Text(Of(method)?.Elements("response").FirstOrDefault(r => r.Attribute("code")?.Value == $"{status}"));

    private static XElement? Of(MethodInfo method)
    {
        var start = $"M:{Name(method.DeclaringType!)}.{method.Name}(";
        return Members.FirstOrDefault(m => m.Key.StartsWith(start, StringComparison.Ordinal)).Value;
    }

    private static string Name(Type type) => (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');

    private static string? Text(XElement? element)
    {
        if (element is null)
            return null;
        // A copy: tests that run at once read the same documents.
        element = new(element);
        foreach (var reference in element.Descendants("see").Concat(element.Descendants("paramref")).ToArray())
            reference.ReplaceWith((reference.Attribute("cref") ?? reference.Attribute("name"))?.Value.Split('.', ':')[^1] ?? "");
        return Spaces().Replace(element.Value, " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
