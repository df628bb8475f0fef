/**
 * Published vectors of WeCom's callback cryptography, derived with the official package and re-derived by an
 * independent implementation: the four pads that a 16-byte unpadder gets wrong are among them.
 */
export const VECTOR_TOKEN = 'lnBrk9Tk2025';
export const VECTOR_KEY = 'Q7mZx2LkP9vRt4HcYw8BnE5sDf3GuJ6aKo1iTqVhXyM';

export const VECTORS = [
  {
    name: 'V1',
    timestamp: '1735693261',
    nonce: '837465102',
    prefix: 'r4nd0mPrefix0001',
    receiveId: 'ww1a2b3c4d5e6f7890',
    pad: 7,
    signature: 'ef532e43f3cd3b6449e645bd7d27737111180345',
    plain: '4821930567712233445',
    encrypted: 'jvEHdF3tUoC2cWBCRwebgBKzp28Mdbv5OWJhXEV5Jwsab3uYT9EsDCF/Gl524sEV3AZ+X/6vwrfitq+tHL9dfw==',
  },
  {
    name: 'V2',
    timestamp: '1735693262',
    nonce: '550917',
    prefix: 'r4nd0mPrefix0002',
    receiveId: 'ww1a2b3c4d5e6f7890',
    pad: 7,
    signature: '4fd3a8dd8443f7e9cede2688527faa443904d362',
    plain:
      '<xml><ToUserName><![CDATA[ww1a2b3c4d5e6f7890]]></ToUserName><FromUserName><![CDATA[zhangwei]]></FromUserName><CreateTime>1735693262</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[新客户 李女士 需要30万]]></Content><MsgId>7469081234567890123</MsgId><AgentID>1000007</AgentID></xml>',
    encrypted:
      'mIsGYO2FsmMaLgegVuZguduV/b9k4OLsQ8RON2FbTY+8lE2D+g147s3yBdtEBRirQ40SJvKHzk8Xp35uAJ0JGK7YSmi6oiPLqJjynrXt0pNsXIyCbIS3/rbz04r09VzrzA9U4+3UErl2rva9M1KMhlKW69P6/F2IHspk8PN3Rg5kDEFOSv8Tx6HnHk7svswBmapmUHGeR2wxg6YW3qGYD3tg+xaripqGUrhZLmOQBWPRQGsd3x5zHwMNTiwAHwkgRCDxhf7FsfYb1OkwKebBlwYHFCBurw4Qt8fGE1JlDkK7+W82kNsVyUX3p3PRXtta3Kmg8kk1Zx0bIGUZWB0cOiIu8r1BYIbjCXlevhUluClYREWmhK6YL5c3LiZln9FRJJWYL+LXQP1xuxSSxF1AZuablo5CX8XpdMrphgYD78ST+IgMYrJuGntR7sNOu8kiKs1pm5HwS0w7KuwNI8l00g==',
  },
  {
    name: 'V3',
    timestamp: '1735693300',
    nonce: 'n0nce-x1',
    prefix: 'r4nd0mPrefix0003',
    receiveId: 'ww1a2b3c4d5e6f7890',
    pad: 21,
    signature: '857021565f01b18f185ad85542e5b282e139f66a',
    plain:
      '<xml><ToUserName><![CDATA[ww1a2b3c4d5e6f7890]]></ToUserName><FromUserName><![CDATA[zhangwei]]></FromUserName><CreateTime>1735693300</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[template_card_event]]></Event><EventKey><![CDATA[approve]]></EventKey><TaskId><![CDATA[disb-20250101-0007]]></TaskId><CardType><![CDATA[multiple_interaction]]></CardType><ResponseCode><![CDATA[RC_7f3a91]]></ResponseCode><AgentID>1000007</AgentID><SelectedItems><SelectedItem><QuestionKey><![CDATA[product]]></QuestionKey><OptionIds><OptionId><![CDATA[p12]]></OptionId></OptionIds></SelectedItem></SelectedItems></xml>',
    encrypted:
      'o/ZIgvOUzosjIt1PjbvyZXE9UuyjdeICRRzDqjmW/LHViAKO+CVQ5hkQYTmk6y+LcKqwf4qakA8ZEsobl2f1Ok20sURsARSAQrIN/OnD8vuj/w/FbUpH/ug6kK6gR/AFDwbKNNl+i/N1Xvbdt3fX/zcYWlatBKMJ5EntLHP0yV8CEIY+S5gPs8ep17O706mJPhidgOp2VS4Fty/dG6uY+SbFrWLy2J+RqpDpP07mBy++4SmsW8sGgi+E4FIKglzvkmu6fIMnsDdr1Sylq1CsCRl5RR64LhPXJ8PHeYQU/LKajGQUBI/DiKqsPMIl3vtX0rA4lG8VwKhWRQAucbj5mnVCWt1L4pWF77+5p4lx1mDoMmYuGlAMcyEp+nk6xpTJiYq/04zWoXgqrWzHtyCHXstCgbMPHckgSul+H+kb6fUFXGp735bWgeTne72MepZ8Zd87VYqphqYihFTj9soAKGZb9oao5rJ3gi8+m9PtgvkZOcp64ziygDuy+NOADSYCvkUkTngouZEP7jMDl6qbf3epFxSDe/0fHHOj6AdCm9LfPWmKXq+dFK6v8Zgvk1tIn133IhMJFPe+hK7bDkPiUzoOEvM7FK1KWQqqL7SBAbdrzmpkuWek3gp45a2q16QbyKgOoxJMQCOAGPpLmjzxwN8gcQ+ahNT5JxT8lWjuWoEZXvsiUXAlitr49eeHnxAofy4UczZmwJQiSloEOIq39A/g5WugC9evCKX4E7e+sIZzrx1GBKpU3RGVq+xDfJI2dxWz31Ne2QQ+DBQI3VxF1LZQtblvtZQZSzR/fzUwnpUqVwZy3VawZWfXkfmD0JycNm0uCSP6JlAFC0n49mu3sTC6B9fHCPQ0sDmBCek6yhcWJCkHe6Wrk7mF2KzlCAXU',
  },
  {
    name: 'V4',
    timestamp: '1735693301',
    nonce: 'n0nce-x2',
    prefix: 'r4nd0mPrefix0004',
    receiveId: 'ww1a2b3c4d5e6f7890',
    pad: 23,
    signature: '6f8cad3dc74c531df3b17368bb96b9711631d0dd',
    plain:
      '<xml><ToUserName><![CDATA[zhangwei]]></ToUserName><FromUserName><![CDATA[ww1a2b3c4d5e6f7890]]></FromUserName><CreateTime>1735693301</CreateTime><MsgType><![CDATA[update_button]]></MsgType><Button><ReplaceName><![CDATA[已通过]]></ReplaceName></Button></xml>',
    encrypted:
      'MTen5uYUjho8sAqbsY7TYXf/oQUyyCEo7aE8T3s5m/ih9hodLQcWIDXzpKORNgemQK1Xq+NgOneFdaEJFFdFqWY5v1tj9lQT8e29KMN3XejOuDivwsnc+bLZfIfGGu7NiMNjo70U3uy1fIzaTqJp+/E3/rR0H4zKx4lWgq22psV7k5sAokY5xpfAaKBEz5Mj2wPK3OYri7GN6eBrB+V9ZOuZiRo/bztqdLcFNKxeMsRi8NALFrVd494Wb0zhFtinx+Tz41nwfHrDPESuBJNzCTLfwXNTMuqrAD97TxeiU8OZ96yKdBdS+Rwwj2vRO10cse3azNSA4+bVahiiVF8JKO3ukCw2Bu6QIzRS2vYqf+VOlQk4ocioGQsI5zwo84XbpJd000Y6oa3CV+nk/GaWDk7CwI/FjMaKeoFQtjcsOjM=',
  },
  {
    name: 'V5',
    timestamp: '1735693400',
    nonce: '1',
    prefix: 'r4nd0mPrefix0005',
    receiveId: 'ww1a2b3c4d5e6f7890',
    pad: 32,
    signature: 'dfd4a8774d608c801b8c8b092b162a0af14c35b0',
    plain: '0123456789abcdefghijklmnop',
    encrypted:
      'Pobx5JhPZHJHk+mbOD4x6fnhOKf/tgG9FoXtA7lV/pmVi+6rUv5EeXFDQjAizGGPdrvQzJzPxXANOSvTSeeC8tQQ1IDBh8hRi1r7H0vl4GJu8NDxO5ASe9AlQSihvpxJ',
  },
  {
    name: 'V6',
    timestamp: '1735693500',
    nonce: 'zz9',
    prefix: 'r4nd0mPrefix0006',
    receiveId: '',
    pad: 4,
    signature: '6b70000d45791f692e1c4e17c89acce3d842943f',
    plain:
      '{"msgid":"m-1","aibotid":"aib-test","chattype":"single","from":{"userid":"zhangwei"},"msgtype":"text","text":{"content":"放款进度"}}',
    encrypted:
      '7Kh8O8m3za+TkkwtaVgnB8iud5EZhFkOKC0iSRiqa9fDmwEuqe00qLKI2cDbnIyJJxpH2H+Ba7eUoTnZGwOf9t7qgCvy4kwyZ1dIauZY9upf6eknvNEHdF0w1mp1UYJ7GhTtemIEXO5e9LlDnw8fDn8q/89nZMuiwWhEOtJUsEJyTB3eS4y/0PCRq6MInA1HFfIHTAc9PtnR2Lm5xmbUrg==',
  },
] as const;
